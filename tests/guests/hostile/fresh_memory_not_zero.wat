;; Tries to find in fresh memory what an earlier instance left there, and dies where it does.
(start $look)
(func $look
  (local $at i32)
  (drop (memory.grow (i32.const 64)))
  (local.set $at (i32.const 0x10000))
  (loop $again
    (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 0x420000))))
  (memory.fill (i32.const 0x10000) (i32.const 0xaa) (i32.const 0x410000)))

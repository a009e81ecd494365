;; Tries to make a small answer large: ten thousand names, each the same megabyte.
(memory $memory (export "memory") 20)
(func $honest_reading (param $count i32)
  (local $at i32)
  (i32.store (i32.const 0x4a0) (local.get $count))
  (i32.store (i32.const 0x4b8) (i32.const 0x20000))
  (i32.store (i32.const 0x4bc) (i32.const 10000))
  (local.set $at (i32.const 0x20000))
  (loop $again
    (i32.store (local.get $at) (i32.const 0x40000))
    (i32.store offset=4 (local.get $at) (i32.const 0x100000))
    (local.set $at (i32.add (local.get $at) (i32.const 12)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 0x3d4c0)))))

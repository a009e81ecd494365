;; Tries to explain by a hundred megabytes of near misses.
(memory $memory (export "memory") 20)
(data (i32.const 0x600) "\00")
(func $explain (param i32) (result i32)
  (local $at i32)
  (i32.store (i32.const 0x768) (i32.const 0x20000))
  (i32.store (i32.const 0x76c) (i32.const 1000))
  (local.set $at (i32.const 0x20000))
  ;; A thousand near misses, each with the same 1,600 failed predicates.
  (loop $again
    (i32.store offset=16 (local.get $at) (i32.const 0x30000))
    (i32.store offset=20 (local.get $at) (i32.const 1600))
    (local.set $at (i32.add (local.get $at) (i32.const 24)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 0x25dc0))))
  (i32.const 0x600))

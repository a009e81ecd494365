;; Tries to fill the host's memory by a product of another name, of half a megabyte, for each batch.
(memory $memory (export "memory") 20)
(global $calls (mut i32) (i32.const 0))
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (call $honest_classes (local.get $count))
  (call $honest_reading (local.get $count))
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (memory.fill (i32.const 0x40000) (i32.const 0x61) (i32.const 0x80000))
  ;; Four letters that no other call has.
  (i32.store (i32.const 0x40000)
    (i32.add (i32.const 0x61616161)
      (i32.or (i32.and (global.get $calls) (i32.const 0xf))
        (i32.shl (i32.and (i32.shr_u (global.get $calls) (i32.const 4)) (i32.const 0xf)) (i32.const 8)))))
  ;; The class's product.
  (i32.store (i32.const 0x7a8) (i32.const 0x40000))
  (i32.store (i32.const 0x7ac) (i32.const 0x80000))
  (i32.const 0x480))

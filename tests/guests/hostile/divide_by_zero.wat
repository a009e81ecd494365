;; Tries to raise the processor's own fault.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (i32.div_u (i32.const 1) (i32.sub (local.get $count) (local.get $count))))

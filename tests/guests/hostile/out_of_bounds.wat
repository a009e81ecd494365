;; Tries to read the host's memory beyond its own.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (i32.load (i32.const 0x7fffffff)))

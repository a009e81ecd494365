;; Tries to keep a reader busy forever.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (loop $again (br $again)) unreachable)

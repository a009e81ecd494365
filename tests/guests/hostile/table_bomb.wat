;; Tries to take memory by a table.
(table $t 1 funcref)
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (loop $again (drop (table.grow $t (ref.null func) (i32.const 4096))) (br $again))
  unreachable)

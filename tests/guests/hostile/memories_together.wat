;; Tries to pass the limit by several memories, each below it.
(memory $b 1) (memory $c 1) (memory $d 1)
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (loop $again
    (drop (memory.grow $b (i32.const 64)))
    (drop (memory.grow $c (i32.const 64)))
    (drop (memory.grow $d (i32.const 64)))
    (br $again))
  unreachable)

;; Tries to steer the terminal by names of functions when it traps.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (call $misleading) unreachable)
(func $misleading (@name "\1b[2J\e2\80\aegone\c2\9b31m\1b]0;x\07") unreachable)

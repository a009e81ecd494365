;; Tries to keep whoever wants an explanation waiting forever.
(func $explain (param i32) (result i32)
  (loop $again (br $again)) unreachable)

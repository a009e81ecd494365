;; Tries to keep the judge busy at the end of input.
(func $advance (param i64 i32 i64) (result i32)
  (loop $again (br $again)) unreachable)

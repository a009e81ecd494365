;; Tries to keep the host busy before the first record.
(func $configure (param i32 i32 i64 i64 i32 i64 i32 i64 i32 i32 i32 i32 i64) (result i32)
  (loop $again (br $again)) unreachable)

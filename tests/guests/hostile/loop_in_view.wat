;; Tries to keep a search over records waiting forever.
(func $view (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (loop $again (br $again)) unreachable)

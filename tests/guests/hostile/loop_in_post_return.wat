;; Tries to keep the host busy after the answer was given.
(func $post (param i32)
  (loop $again (br $again)))

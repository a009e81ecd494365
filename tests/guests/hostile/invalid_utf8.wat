;; Tries to pass bytes off as text.
(data (i32.const 0xa08) "\ff\fe\fd\fc")

;; Tries to keep the host busy before the first call.
(start $begin)
(func $begin (loop $again (br $again)))

;; Tries to have bytes read by an encoding that does not exist.
(data (i32.const 0x938) "\63")

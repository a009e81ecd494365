;; Tries to make the host cut a note out of bytes that the notes do not have.
(data (i32.const 0x790) "\00\00\10\00")

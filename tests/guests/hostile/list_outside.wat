;; Tries to make the host read beyond the memory.
(data (i32.const 0x4ac) "\fc\ff\ff\7f")

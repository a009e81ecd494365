;; Tries to pass as a plugin by never saying anything.
(func $honest_reading (param $count i32) (i32.store (i32.const 0x4a0) (local.get $count)))
(data (i32.const 0x508) "\00\00\00\00")

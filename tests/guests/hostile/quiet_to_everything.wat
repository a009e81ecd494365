;; Tries to pass as a plugin by never saying anything.
(func $honest_reading (param $count i32))

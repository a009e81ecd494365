;; Tries to let the batch decide what becomes of a record: the first one of several is not scored.
;;
;; It finds nothing, so that nothing else depends on the borders of batches.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (local $left_out i32)
  (local.set $left_out (i32.gt_u (local.get $count) (i32.const 1)))
  (call $honest_classes (local.get $count))
  ;; Unscored: index 0, empty. It has no class: the list of classes then begins with the 4,294,967,295 before the zeros.
  (i32.store (i32.const 0x49c) (i32.const 0xb00))
  (i32.store (i32.const 0x4a0) (local.get $left_out))
  (i32.store (i32.const 0x48c) (i32.sub (i32.const 0x4000) (i32.shl (local.get $left_out) (i32.const 2))))
  (i32.const 0x480))
(data (i32.const 0x3ffc) "\ff\ff\ff\ff")

;; Tries to pass text in an encoding of its choice.
(component
  (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func (export "f") (result string) (canon lift (core func $i "f") (memory (core memory $i "m")) string-encoding=utf16))
  (instance $detector)
  (export "glassbox:siem/detector@0.2.0" (instance $detector))
)

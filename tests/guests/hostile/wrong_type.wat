;; Tries to pass with a function of another type under the right name.
(component
  (core module $m (func (export "f") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $describe (result u32) (canon lift (core func $i "f")))
  (instance $detector (export "describe" (func $describe)))
  (export "glassbox:siem/detector@0.2.0" (instance $detector))
)

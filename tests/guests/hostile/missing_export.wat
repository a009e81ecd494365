;; Tries to pass without the contract's functions.
(component
  (instance $detector)
  (export "glassbox:siem/detector@0.2.0" (instance $detector))
)

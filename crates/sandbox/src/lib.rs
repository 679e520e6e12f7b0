//! Simulated departments: real gRPC providers over synthetic data, and the worked example for integrators.

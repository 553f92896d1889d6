"""The workloads, a file each. ``contests(quick)`` of each gives what is compared."""

"""Which files of tests take longest, so that none of them is begun when all others are done."""

LONGEST_FIRST = (
    "e2e/resilience/test_fault_injection.py",
    "e2e/resilience/test_rolling_restart.py",
    "e2e/resilience/test_process_failures.py",
    "e2e/websocket/test_order_across_processes.py",
    "e2e/rest/test_request_fuzz.py",
    "e2e/security/test_log_canaries.py",
    "integration/test_supervision.py",
    "e2e/resilience/test_local_run.py",
    "integration/test_realtime_sharded_pubsub.py",
    "e2e/websocket/test_host_succession.py",
    "e2e/resilience/test_server_outages.py",
    "e2e/security/test_authorization_matrix.py",
    "unit/test_js.py",
    "unit/party/test_clock_estimator.py",
    "unit/party/test_core_state_machine.py",
)

"""Which files of tests take longest, which are left to `make test-all`, and which that one repeats."""

#: Begun before all others, so that none of them is begun when all others are done.
LONGEST_FIRST = (
    "e2e/resilience/test_fault_injection.py",
    "e2e/resilience/test_rolling_restart.py",
    "e2e/resilience/test_process_failures.py",
    "e2e/films/test_films.py",
    "e2e/rest/test_request_fuzz.py",
    "e2e/security/test_authorization_matrix.py",
    "e2e/resilience/test_local_run.py",
    "e2e/resilience/test_webhooks.py",
    "e2e/deploy/test_proxies.py",
    "integration/films/test_prepare.py",
    "e2e/websocket/test_order_across_processes.py",
    "e2e/gateways/test_syncplay_players.py",
    "e2e/websocket/test_host_succession.py",
    "integration/test_install_script.py",
    "e2e/websocket/test_waiting.py",
    "e2e/deploy/test_party_check.py",
    "integration/test_supervision.py",
    "e2e/security/test_log_canaries.py",
    "integration/test_realtime_sharded_pubsub.py",
    "e2e/resilience/test_server_outages.py",
    "unit/test_js.py",
    "unit/party/test_clock_estimator.py",
    "unit/party/test_core_state_machine.py",
)

#: What tries again, under faults, in crowds, with made-up input, behind each proxy and from each film, what
#: shorter tests have tried once. A whole run takes four times as long as one without these.
LONG = (
    "e2e/resilience/",
    "e2e/films/",
    "e2e/deploy/",
    "e2e/gateways/",
    "integration/films/",
    "e2e/clients/test_simulate.py",
    "browser/test_autoplay_blocked.py",
    "browser/test_below_a_path.py",
    "browser/test_choices.py",
    "browser/test_devices.py",
    "browser/test_embed.py",
    "browser/test_fed_film.py",
    "browser/test_film_length.py",
    "browser/test_films.py",
    "browser/test_long_film.py",
    "browser/test_next_film.py",
    "browser/test_notices.py",
    "browser/test_other_origin.py",
    "browser/test_own_pause.py",
    "browser/test_party_waits.py",
    "browser/test_people.py",
    "browser/test_poor_network.py",
    "browser/test_sleep.py",
    "browser/test_start_page.py",
    "browser/test_tabs_and_storage.py",
    "e2e/rest/test_limits.py",
    "e2e/rest/test_request_fuzz.py",
    "e2e/rest/test_video_not_ready.py",
    "e2e/security/test_log_canaries.py",
    "e2e/websocket/test_host_succession.py",
    "e2e/websocket/test_live_cluster.py",
    "e2e/websocket/test_order_across_processes.py",
    "e2e/websocket/test_waiting.py",
    "e2e/websocket/test_wall_clock_jump.py",
    "integration/test_deployment_checks.py",
    "integration/test_install_script.py",
    "integration/test_realtime_sharded_pubsub.py",
    "integration/test_supervision.py",
)

#: What `make test-all` tries once more behind nginx, below a path: an invite, a frame and a page of another
#: origin, each of which has addresses of its own. `make test-browser PROXY=…` tries all.
THROUGH_A_PROXY = (
    "browser/test_embed.py",
    "browser/test_invite_page.py",
    "browser/test_other_origin.py",
)

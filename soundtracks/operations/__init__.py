"""Running the product on Prefect: deployments, pools, automations, runs, the watcher. May import Prefect."""

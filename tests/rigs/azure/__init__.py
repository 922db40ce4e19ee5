"""A stand-in for the part of Azure's control plane that Prefect's ACI worker and our clean-up talk to.

    proxy.py      an HTTPS proxy that answers for management.azure.com and login.microsoftonline.com with a throw-away CA,
                  so that the real, unmodified clients reach the stand-in by HTTPS_PROXY and REQUESTS_CA_BUNDLE alone
    api.py        the HTTP side: managed identity, sign-in, template deployments, container groups, logs
    templates.py  the ARM template functions that our job template uses; no general evaluator
    groups.py     a container group: its command runs as a process, or inside the image that we built
    faults.py     what goes wrong, for one container group each, so that scenarios can run side by side

`python -m tests.rigs.azure` starts it. What it cannot know (real quotas, real roles, real image pulls) it does not pretend.
"""

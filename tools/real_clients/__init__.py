"""Plays real Claude Codes with the plugin against a scripted model and a running server, and checks what arrives.

By hand, because it needs the client's packages:

    npm install --prefix clients/claude-2.1.328 @anthropic-ai/claude-code@2.1.328     # one folder per version
    .venv/bin/python -m tools.real_clients --clients clients --out /tmp/real --only 2.1.328

Every version gets a home folder of its own below --out; the real one is never touched.
"""

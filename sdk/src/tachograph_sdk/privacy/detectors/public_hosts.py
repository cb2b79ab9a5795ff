"""Hosts that all the world knows, and how a private one is told from them."""

from __future__ import annotations

import re

from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["NPM", "NPM_PAGES", "PYPI", "PYTHON_FILES", "is_known", "is_private", "is_private_label"]

# Where packages come from. Their names are put together here: a file that is written must never fetch from one.
_PACKAGE_HOSTS = tuple(
    ".".join(labels)
    for labels in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"))
)
PYPI, PYTHON_FILES, NPM, NPM_PAGES, _ = _PACKAGE_HOSTS

_KNOWN = frozenset(_PACKAGE_HOSTS) | words(
    # code, packages, containers
    "github.com githubusercontent.com github.io github.dev ghcr.io gitlab.com gitlab.io bitbucket.org codeberg.org"
    " sr.ht sourceforge.net savannah.gnu.org git-scm.com kernel.org gnu.org gnome.org freedesktop.org kde.org"
    " debian.org ubuntu.com launchpad.net fedoraproject.org redhat.com archlinux.org alpinelinux.org opensuse.org"
    " centos.org python.org nodejs.org unpkg.com jsdelivr.net"
    " crates.io docs.rs rust-lang.org golang.org go.dev rubygems.org ruby-lang.org packagist.org php.net maven.org"
    " apache.org gradle.org nuget.org cocoapods.org pub.dev dart.dev hex.pm hackage.haskell.org cpan.org docker.com"
    " docker.io quay.io gcr.io k8s.io kubernetes.io helm.sh conda.io anaconda.org conda-forge.org brew.sh"
    # models, clouds, services
    " anthropic.com claude.ai claude.com openai.com chatgpt.com google.com googleapis.com gstatic.com google.dev"
    " googleusercontent.com gmail.com youtube.com android.com mistral.ai cohere.ai cohere.com groq.com x.ai deepseek.com"
    " huggingface.co hf.co replicate.com together.xyz together.ai perplexity.ai fireworks.ai openrouter.ai ollama.com"
    " ollama.ai cursor.com cursor.sh amazon.com amazonaws.com aws.dev awsstatic.com cloudfront.net microsoft.com"
    " windows.com windows.net live.com office.com outlook.com azure.com azurewebsites.net visualstudio.com msn.com"
    " apple.com icloud.com facebook.com meta.com instagram.com whatsapp.com twitter.com x.com linkedin.com reddit.com"
    " cloudflare.com cloudflare-dns.com workers.dev pages.dev fastly.com fastly.net akamai.com vercel.com vercel.app"
    " netlify.com netlify.app heroku.com herokuapp.com render.com fly.io fly.dev railway.app digitalocean.com"
    " hetzner.com linode.com stripe.com paypal.com twilio.com sendgrid.com mailgun.com slack.com discord.com"
    " discord.gg telegram.org zoom.us atlassian.com atlassian.net jira.com notion.so notion.com figma.com linear.app"
    " trello.com asana.com datadoghq.com newrelic.com sentry.io posthog.com segment.io segment.com mixpanel.com"
    " amplitude.com grafana.com grafana.net elastic.co elastic-cloud.com mongodb.com mongodb.org mongodb.net"
    " mysql.com postgresql.org redis.io redis.com sqlite.org duckdb.org clickhouse.com snowflake.com"
    " snowflakecomputing.com databricks.com supabase.co supabase.com neon.tech planetscale.com hashicorp.com"
    " terraform.io vaultproject.io jenkins.io travis-ci.org travis-ci.com circleci.com codecov.io coveralls.io"
    " sonarsource.com sonarcloud.io snyk.io letsencrypt.org openssl.org dropbox.com box.com okta.com auth0.com"
    # knowledge, standards
    " wikipedia.org wikimedia.org mozilla.org mozilla.net stackoverflow.com stackexchange.com serverfault.com"
    " superuser.com medium.com dev.to ycombinator.com readthedocs.io readthedocs.org gitbook.io w3.org whatwg.org"
    " ietf.org rfc-editor.org iana.org iso.org ecma-international.org json-schema.org schema.org json.org yaml.org"
    " toml.io semver.org opensource.org spdx.org creativecommons.org arxiv.org doi.org acm.org ieee.org archive.org"
    " opentelemetry.io prometheus.io cncf.io oracle.com java.com java.net jetbrains.com eclipse.org spring.io"
    " llvm.org cmake.org nginx.org nginx.com haproxy.org qt.io jquery.com react.dev reactjs.org vuejs.org svelte.dev"
    " angular.io nextjs.org vitejs.dev vite.dev tailwindcss.com typescriptlang.org eslint.org prettier.io"
    " example.com example.org example.net example.edu"
)
_PRIVATE_ENDS = words("internal corp lan intranet localdomain home local private intra localnet")
_CONSTANT = words(
    "host.docker.internal gateway.docker.internal kubernetes.docker.internal docker.internal metadata.google.internal"
    " metadata.internal kubernetes.default.svc kubernetes.default.svc.cluster.local svc.cluster.local cluster.local"
    " localhost.localdomain host.containers.internal home.arpa host.lima.internal host.minikube.internal"
)
# Labels that only a house of one's own has, and programs that firms run for themselves at `<program>.<firm>.com`.
_INSIDE = re.compile(r"(?:^|[.-])(?:internal|intranet|intra|corp|private|vpn|onprem|lan)(?=[.-])")
_PROGRAMS = words(
    "jenkins jira confluence nexus artifactory gitlab vpn bastion jump jumphost kibana grafana sonarqube sonar argocd"
    " argo harbor vault rancher teamcity bamboo bitbucket ldap sso adfs staging stage stg uat preprod pre-prod intranet"
    " gitea gerrit splunk zabbix nagios owa exchange citrix"
)
_OPEN_ENDS = words("org io dev edu gov")  # such programs at these are mostly everybody's
# Single names that stand for a service in examples and in composed containers, not for a machine of somebody.
_SERVICES = words(
    "localhost host hostname hosts server servers example domain site proxy web www app api backend frontend service"
    " services client db database redis postgres postgresql pg mysql mariadb mongo mongodb rabbitmq kafka zookeeper"
    " nats minio elasticsearch elastic opensearch memcached nginx traefik envoy caddy varnish haproxy gateway prometheus"
    " grafana loki tempo jaeger zipkin otel otelcol otel-collector collector collectors influxdb clickhouse cassandra"
    " consul etcd vault keycloak ollama vllm litellm localstack mailhog mailpit selenium hub chrome browser worker"
    " scheduler queue cache registry test tests mock mocks fake dummy foo bar baz qux xxx yyy any path url uri file"
    " node nodes node1 node2 host1 host2 server1 server2 kafka1 redis1 broker broker1 airflow spark hadoop namenode"
    " unix metadata ip port user username your-host your-server myhost myserver my-host my-server some-host somehost"
    " endpoint base target upstream remote origin bucket my-bucket s3 key schemas tempuri ns purl"
)
_REGION = re.compile(r"(?:[a-z]{2}(?:-[a-z]{2,9}){1,2}-\d\.compute|ec2)\.internal")  # ends of all names at Amazon
_LABEL = re.compile(r"(?=[a-z0-9])[a-z0-9_-]{1,63}")


def is_known(host: str) -> bool:
    """Whether it lies under a domain all the world knows, or says in every network the same."""
    labels = host.lower().rstrip(".").split(".")
    name = ".".join(labels)
    return (
        any(".".join(labels[place:]) in _KNOWN for place in range(len(labels)))
        or name in _CONSTANT
        or bool(_REGION.fullmatch(name))
    )


def is_private(host: str) -> bool:
    """Whether a name of several labels is one of a private network, or of a firm's own machines.

    Private ends (`.internal`, `.corp`, `.lan` …) and labels (`git.acme-internal.com`) say so, and the first label does
    when it is a program that firms run themselves (`jira.acme.com`). Other names are taken for public.
    """
    name = host.lower().rstrip(".")
    labels = name.split(".")
    if is_known(name) or len(labels) < 2:
        return False
    if labels[-1] in _PRIVATE_ENDS or name.endswith((".home.arpa", ".ts.net", ".svc", ".consul")):
        return True
    if _INSIDE.search(name) or name.startswith(("ip-", "ec2-")):
        return True
    first = labels[0].rstrip("0123456789-")
    return len(labels) > 2 and first in _PROGRAMS and labels[-1] not in _OPEN_ENDS


def is_private_label(label: str) -> bool:
    """Whether a single name, as in `http://build01:8080`, is a machine of somebody and not a word for a service."""
    name = label.lower()
    return (
        bool(_LABEL.fullmatch(name))
        and name not in _SERVICES
        and not name.startswith("xn--")
        and not name.isdecimal()
        and len(name) > 1
    )

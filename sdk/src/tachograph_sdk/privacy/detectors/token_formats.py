"""What tokens of providers look like: one row for each kind, from the provider's own description of it.

A row says: rule, prefix, letters of the rest, how many of them a genuine token has. Providers change lengths more
often than prefixes, so two thirds of the documented length are enough, and what follows in the same letters belongs to
the token. A prefix that words end in too ("task-") is `loose`: it must not follow a letter or digit.
Rows without a prefix of their own have a pattern and are found by two letters they begin with (`head`), or by what
stands before their first long run (`after`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

__all__ = ["AFTER", "EDGE", "FORMATS", "HEADS", "PREFIXES", "Format"]

A = "A-Za-z0-9"  # letters and digits
W = r"\w\-"  # ... with both dashes, as in base64 for URLs
B = "A-Za-z0-9+/"  # base64
H = "0-9a-f"
U = "A-Z0-9"
L = "a-z0-9"
_UUID = f"[{H}]{{8}}-(?:[{H}]{{4}}-){{3}}[{H}]{{12}}"

EDGE = (
    r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrtbfv0])|(?<=%[0-9A-Fa-f]{2})|(?<=\[[0-9]m)|(?<=[\[;][0-9]{2}m)|(?<=\[K)"
    r"|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=_{2}))"
)
"""Nothing of a word before this place, but perhaps an escape: a line break, %20, a colour of the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of token: how to recognise it from the place `back` characters before its anchor."""

    rule: str
    source: str
    back: int = 0
    anchor: bytes = b""
    mixed: bool = False  # only if it has a digit, or letters of both cases: words come near

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Compiled when first needed: all of them together would take a program's start 50 ms."""
        return _compiled(self.source)


@cache
def _compiled(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode())


PREFIXES: defaultdict[bytes, list[Format]] = defaultdict(list)
"""By the three characters (two, if there are no more) that end in the prefix's first "-" or "_"."""

HEADS: defaultdict[bytes, list[Format]] = defaultdict(list)
"""By the first two characters of a long run."""

AFTER: defaultdict[bytes, list[Format]] = defaultdict(list)
"""By the two characters before a long run."""


def _prefix(rule: str, prefix: str, letters: str, length: int, tail: str = "", *, loose: bool = False) -> Format:
    least = length if length < 16 else max(12, length * 2 // 3)
    edge = EDGE if loose else ""
    anchor = re.match(r"[^_-]*[_-]", prefix)
    assert anchor, f"{rule}: the prefix needs a dash"
    pattern = f"{edge}{re.escape(prefix)}[{letters}]{{{least},}}+{tail}"
    made = Format(rule=rule, source=pattern, back=anchor.end() - 1, anchor=anchor[0][-3:].encode(), mixed=loose)
    PREFIXES[made.anchor].append(made)
    return made


def _shape(rule: str, anchor: str, pattern: str, *, mixed: bool = False) -> Format:
    """A pattern that begins with the anchor's word, which ends in its first dash."""
    made = Format(rule=rule, source=pattern, back=len(anchor) - 1, anchor=anchor[-3:].encode(), mixed=mixed)
    PREFIXES[made.anchor].append(made)
    return made


def _head(rule: str, heads: str, pattern: str) -> Format:
    """A pattern that begins with one of these pairs of letters, at the beginning of a long run."""
    made = Format(rule=rule, source=pattern)
    for head in heads.split():
        HEADS[head.encode()].append(made)
    return made


def _after(rule: str, before: str, back: int, pattern: str) -> Format:
    """`back`: how many characters before the run the token begins; negative: at most so many, the first match counts."""
    made = Format(rule=rule, source=pattern, back=back)
    for pair in before.split():
        AFTER[pair.encode()].append(made)
    return made


_AI = (
    _prefix("anthropic-api-key", "sk-ant-api03-", W, 95),
    _prefix("anthropic-oauth-token", "sk-ant-oat01-", W, 95),
    _prefix("anthropic-refresh-token", "sk-ant-ort01-", W, 95),
    _prefix("anthropic-admin-key", "sk-ant-admin01-", W, 95),
    _prefix("anthropic-session-key", "sk-ant-sid01-", W, 95),
    _prefix("anthropic-key", "sk-ant-", W, 24),
    _prefix("openai-project-key", "sk-proj-", W, 48),
    _prefix("openai-service-key", "sk-svcacct-", W, 48),
    _prefix("openai-admin-key", "sk-admin-", W, 48),
    _prefix("openai-user-key", "sk-None-", W, 48),
    _prefix("openai-session", "sess-", A, 40, loose=True),
    _prefix("openrouter-key", "sk-or-v1-", H, 64),
    _prefix("langfuse-secret-key", "sk-lf-", "0-9a-f-", 36),
    _prefix("helicone-key", "sk-helicone-", W, 32),
    _prefix("openai-key", "sk-", A, 30, f"(?:[_-][{A}]+)*+", loose=True),  # DeepSeek, Moonshot, Qwen, Stability too
    _shape(
        "ai-vendor-key",
        "sk-",
        f"{EDGE}sk-(?=[a-z_-]{{0,64}}[A-Z0-9])(?=[{W}]{{0,99}}[0-9])(?=[{W}]{{0,99}}[A-Z])[{W}]{{32,}}+",
    ),
    _prefix("elevenlabs-key", "sk_", H, 48, loose=True),
    _prefix("cartesia-key", "sk_car_", A, 20),
    _prefix("groq-key", "gsk_", A, 52),
    _prefix("xai-key", "xai-", A, 80),
    _prefix("perplexity-key", "pplx-", A, 48),
    _prefix("fireworks-key", "fw_", A, 22, loose=True),
    _prefix("together-key", "tgp_v1_", W, 43),
    _prefix("anyscale-key", "esecret_", A, 28),
    _prefix("cerebras-key", "csk-", A, 48),
    _prefix("nvidia-key", "nvapi-", W, 64),
    _prefix("voyage-key", "pa-", W, 43, loose=True),
    _prefix("jina-key", "jina_", W, 60),
    _prefix("tavily-key", "tvly-", W, 32),
    _prefix("firecrawl-key", "fc-", H, 32, loose=True),
    _prefix("replicate-token", "r8_", A, 37, loose=True),
    _prefix("huggingface-token", "hf_", A, 34, loose=True),
    _prefix("huggingface-org-token", "api_org_", A, 34),
    _prefix("langsmith-key", "lsv2_", A, 10, f"(?:_[{A}]+)*+"),
    _prefix("langsmith-old-key", "ls__", A, 32),
    _prefix("pinecone-key", "pcsk_", W, 60),
    _prefix("wandb-key", "wandb_v1_", W, 40),
    _prefix("llamacloud-key", "llx-", A, 48),
    _prefix("e2b-key", "e2b_", H, 40),
    _prefix("runpod-key", "rpa_", A, 40, loose=True),
    _prefix("apify-token", "apify_api_", A, 36),
    _prefix("browserbase-key", "bb_live_", W, 24),
    _prefix("sourcegraph-token", "sgp_", "0-9a-f_local", 40),
    _prefix("sourcegraph-dotcom-token", "sgd_", A, 40),
    _prefix("cursor-key", "crsr_", H, 64),
    _prefix("cursor-old-key", "key_", H, 64, loose=True),
    _prefix("mem0-key", "m0-", A, 40, loose=True),
    _prefix("luma-key", "luma-", "0-9a-f-", 60),
    _prefix("modal-token-id", "ak-", A, 22, loose=True),
    _prefix("modal-token-secret", "as-", A, 22, loose=True),
    _prefix("exa-or-factory-key", "fk-", W, 32, loose=True),
)

_GOOGLE_AWS_AZURE = (
    _head("google-api-key", "AI", f"AIza[{W}]{{28,}}+"),
    _prefix("google-client-secret", "GOCSPX-", W, 28),
    _after("google-access-token", "9.", 5, f"ya29\\.[{W}.]{{20,}}+"),
    _after("google-refresh-token", "//", 3, f"1//0[{W}]{{30,}}+"),
    _after("google-auth-key", "Q.", 3, f"{EDGE}AQ\\.Ab[{W}]{{30,}}+"),
    _head("aws-access-key-id", "AK AS AB AC A3", f"(?:A3T[{U}]|AKIA|ASIA|ABIA|ACCA)[{U}]{{16}}(?![{U}])"),
    _head("aws-session-token", "IQ Fw FQ AQ", f"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|AQoDYXdz)[{B}=]{{40,}}+"),
    _head("aws-bedrock-key", "AB", f"ABSK[{B}]{{60,}}+={{0,2}}"),
    _prefix("aws-bedrock-short-key", "bedrock-api-key-", B, 40, "={0,2}"),
    _after("aws-mws-token", "s.", 9, f"amzn\\.mws\\.{_UUID}"),
    _after("amazon-client-secret", "1.", 16, f"amzn1\\.oa2-cs\\.v1\\.[{H}]{{40,}}+"),
)

_CODE = (
    _prefix("github-pat", "ghp_", A, 36),
    _prefix("github-oauth-token", "gho_", A, 36),
    _prefix("github-user-token", "ghu_", A, 36),
    _prefix("github-app-token", "ghs_", A + "_", 36, f"(?:\\.[{W}]{{16,}}+)*+"),
    _prefix("github-refresh-token", "ghr_", A, 36),
    _prefix("github-fine-grained-pat", "github_pat_", A + "_", 82),
    _prefix("gitlab-pat", "glpat-", W, 20, f"(?:\\.[{L}]{{2}}\\.[{L}]{{7,}})?+"),
    _prefix("gitlab-pipeline-trigger-token", "glptt-", A, 40),
    _prefix("gitlab-runner-token", "glrt-", W, 20, f"(?:\\.[{L}]{{2}}\\.[{L}]{{7,}})?+"),
    _prefix("gitlab-runner-registration-token", "glrtr-", W, 20),
    _prefix("gitlab-deploy-token", "gldt-", W, 20),
    _prefix("gitlab-feed-token", "glft-", W, 20),
    _prefix("gitlab-scim-token", "glsoat-", W, 20),
    _prefix("gitlab-job-token", "glcbt-", W, 20),
    _prefix("gitlab-incoming-mail-token", "glimt-", W, 20),
    _prefix("gitlab-agent-token", "glagent-", W, 50),
    _prefix("gitlab-oauth-secret", "gloas-", W, 64),
    _prefix("gitlab-feature-flag-token", "glffct-", W, 20),
    _head("gitlab-old-runner-token", "GR", f"GR1348941[{W}]{{16,}}+"),
    _head("bitbucket-app-password", "AT", f"ATBB[{A}]{{24,}}+"),
    _head("atlassian-token", "AT", f"AT(?:ATT|CTT|STT)3[{W}]{{40,}}+(?:=[{U}]{{8}})?"),
    _head("trello-token", "AT", f"ATTA[{H}]{{48,}}+[{A}]*+"),
    _prefix("npm-token", "npm_", A, 36),
    _prefix("pypi-token", "pypi-", W, 70),
    _prefix("rubygems-key", "rubygems_", H, 48),
    _head("crates-token", "ci", f"cio[{A}]{{32}}(?![{A}])"),
    _prefix("docker-pat", "dckr_pat_", W, 27),
    _prefix("docker-org-token", "dckr_oat_", W, 32),
    _prefix("clojars-token", "CLOJARS_", L, 60),
    _prefix("packagist-token", "packagist_", W, 60),
    _head("nuget-key", "oy", f"oy2[{L}]{{43}}(?![{A}])"),
    _head("artifactory-key", "AK", f"AKCp[{A}]{{50,}}+"),
    _head("artifactory-reference-token", "cm", f"cmVmdGtu[{A}]{{48,}}+"),
    _prefix("sonarqube-project-token", "sqp_", H, 40),
    _prefix("sonarqube-user-token", "squ_", H, 40),
    _prefix("sonarqube-analysis-token", "sqa_", H, 40),
    _prefix("snyk-token", "snyk_", A, 3, f"\\.[{A}]{{6,}}+\\.[{W}]{{20,}}+"),
    _prefix("buildkite-user-token", "bkua_", H, 40),
    _prefix("buildkite-agent-token", "bkct_", A, 40),
    _prefix("circleci-token", "CCIPAT_", A, 20, "_[0-9a-f]{32,}+"),
    _prefix("circleci-project-token", "CCIPRJ_", A, 20, "_[0-9a-f]{32,}+"),
    _prefix("pulumi-token", "pul-", H, 40),
    _prefix("infracost-key", "ico-", A, 32, loose=True),
    _prefix("prefect-key", "pnu_", A, 36),
    _prefix("prefect-service-key", "pnb_", A, 36),
    _prefix("dbt-service-token", "dbtc_", W, 40),
    _prefix("dbt-user-token", "dbtu_", W, 40),
    _prefix("postman-key", "PMAK-", H, 24, "-[0-9a-f]{24,}+"),
    _prefix("postman-token", "PMAT-", A, 26),
    _prefix("readme-key", "rdme_", L, 70),
    _prefix("octopus-key", "API-", U, 26, loose=True),
)

_HOSTING = (
    _prefix("digitalocean-pat", "dop_v1_", H, 64),
    _prefix("digitalocean-oauth-token", "doo_v1_", H, 64),
    _prefix("digitalocean-refresh-token", "dor_v1_", H, 64),
    _prefix("heroku-key", "HRKU-", W, 36),
    _prefix("netlify-token", "nfp_", A, 36),
    _prefix("netlify-cli-token", "nfc_", A, 36),
    _prefix("netlify-oauth-token", "nfo_", A, 36),
    _prefix("netlify-user-token", "nfu_", A, 36),
    _prefix("netlify-build-token", "nfb_", A, 36),
    _prefix("vercel-token", "vcp_", A, 24),
    _prefix("vercel-access-token", "vca_", A, 24),
    _prefix("vercel-integration-token", "vci_", A, 24),
    _prefix("vercel-refresh-token", "vcr_", A, 24),
    _prefix("vercel-ai-gateway-key", "vck_", A, 24),
    _prefix("vercel-blob-token", "vercel_blob_rw_", A + "_", 40),
    _shape("fly-token", "fm1r_", f"fm1[ar]_[{W}+/=]{{40,}}+"),
    _shape("fly-old-token", "fm1a_", f"fm1a_[{W}+/=]{{40,}}+"),
    _shape("fly-macaroon", "fm2_", f"fm2_[{W}+/=]{{40,}}+"),
    _prefix("fly-access-token", "fo1_", W, 43),
    _prefix("supabase-pat", "sbp_", A + "_", 40),
    _prefix("supabase-secret-key", "sb_secret_", W, 31),
    _prefix("planetscale-token", "pscale_", "a-z", 2, f"_[{W}.=]{{24,}}+"),
    _prefix("neon-key", "napi_", A, 64),
    _prefix("neon-password", "npg_", A, 12),
    _prefix("render-key", "rnd_", A, 32, loose=True),
    _prefix("deno-token", "ddp_", A, 36),
    _prefix("deno-org-token", "ddo_", A, 36),
    _head("scaleway-key", "SC", f"SCW[{U}]{{17}}(?![{A}])"),
    _prefix("upcloud-token", "ucat_", U, 26),
    _prefix("tigris-secret", "tsec_", W, 50),
    _prefix("aiven-password", "AVNS_", W, 19),
    _prefix("cockroach-key", "CCDB1_", A, 22, f"_[{A}]{{30,}}+"),
    _prefix("mongodb-atlas-secret", "mdb_sa_sk_", W, 40),
    _prefix("cloudflare-user-token", "cfut_", A, 40),
    _prefix("cloudflare-account-token", "cfat_", A, 40),
    _prefix("cloudflare-key", "cfk_", A, 37),
    _shape("cloudflare-origin-ca-key", "v1.0-", f"v1\\.0-[{H}]{{24}}-[{H}]{{100,}}+"),
    _head("alibaba-access-key-id", "LT", f"LTAI[{A}]{{12,26}}(?![{A}])"),
    _head("tencent-secret-id", "AK", f"AKID[{A}]{{28,40}}(?![{A}])"),
    _prefix("baidu-key", "ALTAK-", A, 20, f"(?:/[{H}]{{32,}}+)?"),
    _head("volcengine-access-key-id", "AK", f"AKLT[{W}]{{28,}}+={{0,2}}"),
    _head("yandex-api-key", "AQ", f"AQVN[{W}]{{35,}}+"),
    _prefix("yandex-oauth-token", "y0_", W, 55, loose=True),
    _after("yandex-iam-token", "1.", 3, f"{EDGE}t1\\.[{W}]{{16,}}+={{0,2}}\\.[{W}]{{60,}}+={{0,2}}"),
    _head("databricks-token", "da", f"dapi[{H}]{{32}}(?:-[0-9])?(?![{A}])"),
    _after("astra-token", "S:", 8, f"AstraCS:[{W}]{{16,}}+:[{H}]{{32,}}+"),
    _after("openshift-token", "6~", 7, f"sha256~[{W}]{{40,}}+"),
)

_SECRETS_AND_MONITORING = (
    _after("vault-token", "s.", 4, f"hv[sbr]\\.[{W}]{{20,}}+"),
    _after("vault-batch-token", "b.", 4, f"hvb\\.[{W}]{{20,}}+"),
    _after("vault-recovery-token", "r.", 4, f"hvr\\.[{W}]{{20,}}+"),
    _after("terraform-cloud-token", "1.", -24, f"[{A}]{{14}}\\.atlasv1\\.[{W}]{{40,}}+"),
    _prefix("1password-service-token", "ops_", B + r"_\-", 200, "={0,2}"),
    _shape("age-secret-key", "AGE-", f"AGE-SECRET-KEY-1[{U}]{{38,}}+"),
    _shape("age-plugin-key", "AGE-", f"AGE-PLUGIN-[{U}-]{{2,24}}-1[{U}]{{24,}}+"),
    _prefix("sentry-org-token", "sntrys_", B + r"=_\-", 60),
    _prefix("sentry-user-token", "sntryu_", H, 64),
    _prefix("sentry-integration-token", "sntryi_", H, 64),
    _prefix("newrelic-user-key", "NRAK-", U, 27),
    _prefix("newrelic-insert-key", "NRII-", W, 32),
    _prefix("newrelic-query-key", "NRIQ-", W, 32),
    _prefix("newrelic-rest-key", "NRRA-", H, 42),
    _prefix("newrelic-browser-key", "NRJS-", H, 19),
    _prefix("grafana-service-token", "glsa_", A, 32, f"(?:_[{A}]{{6,8}})?"),
    _prefix("grafana-cloud-token", "glc_", B + "=", 60),
    _head("grafana-old-key", "ey", f"eyJrIjoi[{B}]{{50,}}+={{0,2}}"),
    _prefix("honeycomb-ingest-key", "hcaik_", A, 58),
    _prefix("honeycomb-classic-ingest-key", "hcxik_", A, 58),
    _prefix("honeycomb-management-key", "hcamk_", A, 58),
    _prefix("honeycomb-other-key", "hcbik_", A, 58),
    _prefix("axiom-api-token", "xaat-", "0-9a-f-", 36),
    _prefix("axiom-personal-token", "xapt-", "0-9a-f-", 36),
    _after("dynatrace-token", "1. 2. 3. 6. 8.", 7, f"dt0[a-z][0-9]{{2}}\\.[{U}]{{20,}}+\\.[{A}]{{48,}}+"),
    _prefix("posthog-personal-key", "phx_", A, 43),
    _prefix("posthog-project-key", "phc_", A, 43),
    _prefix("posthog-flags-key", "phs_", A, 43),
    _shape("launchdarkly-api-key", "api-", f"{EDGE}api-{_UUID}"),
    _shape("launchdarkly-sdk-key", "sdk-", f"{EDGE}sdk-{_UUID}"),
    _shape("launchdarkly-mobile-key", "mob-", f"{EDGE}mob-{_UUID}"),
    _prefix("statsig-key", "secret-", A, 40, loose=True),
    _shape("tailscale-key", "tskey-", f"tskey-(?:[a-z]{{2,12}}-)?[{A}]{{8,}}+(?:-[{A}]+)*+"),
    _shape("elastic-key", "essu_", f"essu_[{B}]{{40,}}+={{0,2}}"),
)

_WORK = (
    _prefix("linear-key", "lin_api_", A, 40),
    _prefix("linear-oauth-token", "lin_oauth_", A, 40),
    _prefix("notion-secret", "secret_", A, 43),
    _prefix("notion-token", "ntn_", A, 46),
    _head("airtable-pat", "pa", f"pat[{A}]{{14}}\\.[{H}]{{40,}}+"),
    _prefix("figma-pat", "figd_", W, 40),
    _prefix("figma-oauth-token", "figo_", W, 40),
    _prefix("figma-user-token", "figu_", W, 40),
    _prefix("figma-refresh-token", "figur_", W, 40),
    _prefix("figma-user-hash-token", "figuh_", W, 40),
    _shape("hubspot-token", "pat-", f"{EDGE}pat-(?:na|eu|ap)[0-9]-{_UUID}"),
    _shape("clickup-token", "pk_", f"{EDGE}pk_[0-9]{{6,10}}_[{U}]{{30,}}+"),
    _prefix("contentful-token", "CFPAT-", W, 43),
    _prefix("frameio-token", "fio-u-", W, 64),
    _prefix("typeform-token", "tfp_", W, 59, "(?:\\.[A-Za-z0-9]+)?"),
    _prefix("retool-token", "retool_", A, 24),
    _prefix("metabase-key", "mb_", B + "=", 44, loose=True),
    _after("dropbox-token", "l.", 3, f"{EDGE}sl\\.[{W}.]{{60,}}+"),
    _after("dropbox-user-token", "u.", 5, f"{EDGE}sl\\.u\\.[{W}.]{{60,}}+"),
    _after("mapbox-secret-token", "k.", 3, f"{EDGE}[spt]k\\.eyJ[{W}]{{16,}}+\\.[{W}]{{16,}}+"),
    _shape("resend-key", "re_", f"{EDGE}re_[{A}]{{7,9}}_[{A}]{{20,}}+"),
    _after("sendgrid-key", "G.", 3, f"SG\\.[{W}]{{16,}}+\\.[{W}]{{32,}}+"),
    _prefix("mailgun-key", "key-", H, 32, "(?![A-Za-z0-9])", loose=True),
    _shape("brevo-key", "xkeysib-", f"xkeysib-[{H}]{{40,}}+(?:-[{A}]{{12,}}+)?"),
    _shape("brevo-smtp-key", "xsmtpsib-", f"xsmtpsib-[{H}]{{40,}}+(?:-[{A}]{{12,}}+)?"),
    _prefix("onesignal-key", "os_v2_", A, 3, f"_[{L}]{{60,}}+"),
    _head("twilio-key", "AC SK", f"(?:AC|SK)[{H}]{{32}}(?![{A}])"),
)

_CHAT = (
    _shape("slack-rotating-token", "xoxe.xoxp-", f"xoxe\\.xox[bp]-[{A}-]{{20,}}+"),
    _shape("slack-rotating-bot-token", "xoxe.xoxb-", f"xoxe\\.xox[bp]-[{A}-]{{20,}}+"),
    _shape("slack-bot-token", "xoxb-", f"xoxb-[{A}-]{{20,}}+"),
    _shape("slack-user-token", "xoxp-", f"xoxp-[{A}-]{{20,}}+"),
    _shape("slack-workspace-token", "xoxa-", f"xoxa-[{A}-]{{20,}}+"),
    _shape("slack-client-token", "xoxc-", f"xoxc-[{A}-]{{20,}}+"),
    _shape("slack-client-cookie", "xoxd-", f"xoxd-(?:[{A}/+=-]|%2[BbFf]|%3[Dd]){{20,}}+"),
    _shape("slack-refresh-token", "xoxe-", f"xoxe-[{A}-]{{20,}}+"),
    _shape("slack-old-token", "xoxo-", f"xoxo-[{A}-]{{20,}}+"),
    _shape("slack-refresh-token", "xoxr-", f"xoxr-[{A}-]{{20,}}+"),
    _shape("slack-session-token", "xoxs-", f"xoxs-[{A}-]{{20,}}+"),
    _shape("slack-app-token", "xapp-", f"xapp-[0-9]-[{A}]{{6,}}+-[{A}-]{{16,}}+"),
    _shape("slack-config-token", "xwfp-", f"xwfp-[{A}-]{{20,}}+"),
    _head("facebook-token", "EA", f"EAA[A-Z][{A}]{{60,}}+"),
    _head("instagram-token", "IG", f"IG(?:AA|QV)[{W}]{{60,}}+"),
    _prefix("matrix-token", "syt_", A + "_", 30),
    _head("twitter-bearer-token", "AA", "A{14,24}(?:[A-Za-z0-9]|%2[BbFf]|%3[Dd])++"),
    _after("twitch-token", "h:", 6, f"oauth:[{L}]{{30}}(?![{A}])"),
    _after("linkedin-secret", "1.", 8, f"WPL_AP1\\.[{B}.=]{{20,}}+"),
    _after("vk-token", "a.", 6, f"vk1\\.a\\.[{W}]{{60,}}+"),
    _after("rocket-or-infisical-token", "t.", 3, f"{EDGE}st\\.[{H}]{{20,}}\\.[{H}]{{20,}}+[.{H}]*+"),
)

_PAYMENTS_AND_SHOPS = (
    _prefix("stripe-live-key", "sk_live_", A, 24),
    _prefix("stripe-test-key", "sk_test_", A, 24),
    _prefix("stripe-restricted-key", "rk_live_", A, 24),
    _prefix("stripe-restricted-test-key", "rk_test_", A, 24),
    _prefix("stripe-publishable-key", "pk_live_", A, 24),
    _prefix("stripe-publishable-test-key", "pk_test_", A, 24),
    _prefix("stripe-webhook-secret", "whsec_", B, 32, "={0,2}"),
    _prefix("square-token", "sq0atp-", W, 22),
    _prefix("square-secret", "sq0csp-", W, 43),
    _prefix("square-app-id", "sq0idp-", W, 22),
    _head("square-access-token", "EA", f"EAAA[{W}]{{56,}}+"),
    _shape("plaid-token", "access-", f"access-(?:sandbox|development|production)-{_UUID}"),
    _head("paypal-token", "A2", f"A21AA[{W}]{{60,}}+"),
    _after("braintree-token", "n$ x$", -24, f"access_token\\$[a-z]{{7,10}}\\$[{L}]{{16}}\\$[{H}]{{32}}"),
    _prefix("shopify-access-token", "shpat_", A, 32),
    _prefix("shopify-custom-token", "shpca_", A, 32),
    _prefix("shopify-private-token", "shppa_", A, 32),
    _prefix("shopify-secret", "shpss_", A, 32),
    _prefix("shopify-refresh-token", "shprt_", A, 32),
    _prefix("razorpay-key", "rzp_", "a-z", 4, f"_[{A}]{{14,}}+"),
    _shape("flutterwave-key", "FLWSECK-", f"FLWSECK-[{A}]{{12,}}+(?:-[A-Z])?"),
    _shape("flutterwave-test-key", "FLWSECK_", f"FLWSECK_TEST-[{A}]{{12,}}+(?:-[A-Z])?"),
    _prefix("paddle-key", "pdl_", "a-z", 2, f"_apikey_[{A}_]{{30,}}+"),
    _prefix("polar-token", "polar_", "a-z", 2, f"_[{A}]{{30,}}+"),
    _prefix("duffel-token", "duffel_", "a-z", 4, f"_[{W}=]{{30,}}+"),
    _head("easypost-key", "EZ", f"EZ[AT]K[{A}]{{40,}}+"),
    _prefix("shippo-token", "shippo_", "a-z", 4, f"_[{H}]{{30,}}+"),
    _prefix("stytch-secret", "secret-live-", W, 36),
    _prefix("alchemy-token", "alcht_", A, 30),
    _head("nostr-secret-key", "ns", f"nsec1[{L}]{{58}}(?![{A}])"),
    _head("extended-private-key", "xp yp zp tp", f"[xyzt]prv[{A}]{{90,}}+"),
)

FORMATS: tuple[Format, ...] = (
    *_AI, *_GOOGLE_AWS_AZURE, *_CODE, *_HOSTING, *_SECRETS_AND_MONITORING, *_WORK, *_CHAT, *_PAYMENTS_AND_SHOPS,
)  # fmt: skip

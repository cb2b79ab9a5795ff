"""Tokens that issuers give out, by the shapes their documentation shows: name, shape.

Written from the documentation of each issuer, not from what our detectors look for. All are recognisable without
context; those that are not are in `KEYED` with names of variables that hold them.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.corpus.scrub.case import Recipe
from tests.corpus.scrub.shapes import made

__all__ = ["KEYED", "KEYED_TOKENS", "TOKENS"]

_SHAPES = """
anthropic-api-key           sk-ant-api03-{B93}AA
anthropic-admin-key         sk-ant-admin01-{B93}AA
anthropic-oauth-access      sk-ant-oat01-{B93}AA
anthropic-oauth-refresh     sk-ant-ort01-{B93}AA
openai-user-key             sk-{A20}T3BlbkFJ{A20}
openai-project-key          sk-proj-{B74}T3BlbkFJ{B74}
openai-service-account      sk-svcacct-{B74}T3BlbkFJ{B74}
openai-admin-key            sk-admin-{B58}T3BlbkFJ{B58}
openrouter-key              sk-or-v1-{h64}
deepseek-key                sk-{h32}
langfuse-secret             sk-lf-{uuid}
langsmith-personal          lsv2_pt_{h32}_{h10}
langsmith-service           lsv2_sk_{h32}_{h10}
huggingface-user            hf_{a34}
huggingface-org             api_org_{a34}
replicate                   r8_{A37}
groq                        gsk_{A52}
perplexity                  pplx-{A48}
xai                         xai-{A80}
google-api-key              AIza{B35}
google-oauth-secret         GOCSPX-{B28}
google-oauth-access         ya29.{B120}
nvidia-api-key              nvapi-{B64}
pinecone                    pcsk_{A6}_{A63}
tavily                      tvly-{A32}
cerebras                    csk-{l48}
sourcegraph                 sgp_{h16}_{h40}
firecrawl                   fc-{h32}
llama-cloud                 llx-{A48}
e2b                         e2b_{h40}
jina                        jina_{h32}{A28}
together                    tgp_v1_{B43}
databricks                  dapi{h32}
databricks-numbered         dapi{h32}-2
runpod                      rpa_{U43}
apify                       apify_api_{A36}
github-personal             ghp_{A36}
github-oauth                gho_{A36}
github-user-to-server       ghu_{A36}
github-server-to-server     ghs_{A36}
github-refresh              ghr_{A36}
github-fine-grained         github_pat_{A22}_{A59}
gitlab-personal             glpat-{B20}
gitlab-routable             glpat-{B27}.{l2}{l7}
gitlab-deploy               gldt-{B20}
gitlab-runner               glrt-{B20}
gitlab-trigger              glptt-{h40}
gitlab-job                  glcbt-{h2}_{B20}
gitlab-feed                 glft-{B20}
gitlab-scim                 glsoat-{B20}
gitlab-oauth-secret         gloas-{h64}
gitlab-agent                glagent-{B50}
gitlab-incoming-mail        glimt-{l25}
gitlab-runner-registration  GR1348941{B20}
bitbucket-app-password      ATBB{A32}
atlassian-api               ATATT3xFfGF0{B171}={H8}
npm                         npm_{A36}
pypi                        pypi-AgEIcHlwaS5vcmc{B160}
testpypi                    pypi-AgENdGVzdC5weXBpLm9yZw{B160}
rubygems                    rubygems_{h48}
crates-io                   cio{A32}
nuget                       oy2{l43}
docker-personal             dckr_pat_{B27}
docker-organization         dckr_oat_{B32}
clojars                     CLOJARS_{h60}
jfrog-key                   AKCp{A69}
jfrog-reference             cmVmdGtu{A56}
aws-access-key              AKIA{T16}
aws-temporary-key           ASIA{T16}
aws-bedrock-key             ABSKQmVkcm9ja0FQSUtleS{b110}=
digitalocean-personal       dop_v1_{h64}
digitalocean-oauth          doo_v1_{h64}
digitalocean-refresh        dor_v1_{h64}
heroku                      HRKU-AA{B58}
fly-access                  fo1_{B43}
fly-macaroon                fm2_{b160}
netlify                     nfp_{A36}
render                      rnd_{A28}
cloudflare-origin-ca        v1.0-{h24}-{h146}
supabase-personal           sbp_{h40}
supabase-secret             sb_secret_{B22}_{B8}
planetscale-token           pscale_tkn_{B43}
planetscale-password        pscale_pw_{B43}
planetscale-oauth           pscale_oauth_{B43}
neon                        napi_{l64}
doppler-personal            dp.pt.{A43}
doppler-service             dp.st.prd.{A43}
doppler-cli                 dp.ct.{A43}
vault-service               hvs.{B95}
vault-batch                 hvb.{B150}
terraform-cloud             {A14}.atlasv1.{B67}
pulumi                      pul-{h40}
onepassword-service         ops_eyJ{A250}
onepassword-secret-key      A3-{U6}-{U6}-{U5}-{U5}-{U5}-{U5}
infracost                   ico-{A32}
alibaba-access-key          LTAI{A20}
tencent-secret-id           AKID{A32}
yandex-api-key              AQVN{B36}
azure-client-secret         {A3}8Q~{A34}
tailscale-auth              tskey-auth-{A11}CNTRL-{A32}
tailscale-api               tskey-api-{A11}CNTRL-{A32}
stripe-secret-live          sk_live_{A99}
stripe-secret-test          sk_test_{A24}
stripe-restricted           rk_live_{A99}
stripe-webhook              whsec_{A32}
square-access               EAAA{B60}
square-oauth-secret         sq0csp-{B43}
braintree-access            access_token$production${l16}${h32}
shopify-access              shpat_{h32}
shopify-shared-secret       shpss_{h32}
shopify-custom-app          shpca_{h32}
shopify-private-app         shppa_{h32}
razorpay                    rzp_live_{A14}
flutterwave                 FLWSECK_TEST-{h32}-X
plaid-access                access-production-{uuid}
paddle                      pdl_live_apikey_01{l24}_{A22}_{A3}
duffel                      duffel_live_{B43}
easypost                    EZAK{A54}
shippo                      shippo_live_{h40}
slack-bot                   xoxb-{d12}-{d13}-{A24}
slack-user                  xoxp-{d12}-{d12}-{d13}-{h32}
slack-app                   xapp-1-A{U10}-{d13}-{h64}
slack-rotating              xoxe.xoxp-1-{A166}
slack-refresh               xoxe-1-{A146}
discord-bot                 MT{A24}.{B6}.{B38}
telegram-bot                {n1}{d9}:AA{B33}
twilio-api-key              SK{h32}
sendgrid                    SG.{B22}.{B43}
mailgun                     key-{h32}
mailchimp                   {h32}-us{n1}
brevo-api                   xkeysib-{h64}-{A16}
brevo-smtp                  xsmtpsib-{h64}-{A16}
resend                      re_{A8}_{A24}
sentry-user                 sntryu_{h64}
sentry-organization         sntrys_eyJ{A150}_{B43}
newrelic-user               NRAK-{U27}
newrelic-insert             NRII-{A32}
newrelic-license            {h32}FFFFNRAL
grafana-service             glsa_{A32}_{h8}
grafana-cloud               glc_eyJ{A120}
honeycomb-ingest            hcaik_01{l56}
posthog-personal            phx_{A43}
dynatrace                   dt0c01.{T24}.{T64}
axiom                       xaat-{uuid}
logfire                     pylf_v1_us_{A43}
launchdarkly-api            api-{uuid}
launchdarkly-sdk            sdk-{uuid}
sonarqube-user              squ_{h40}
sonarqube-project           sqp_{h40}
circleci-personal           CCIPAT_{A22}_{h40}
buildkite                   bkua_{h40}
linear-key                  lin_api_{A40}
linear-oauth                lin_oauth_{h64}
notion                      ntn_{d11}{A35}
notion-integration          secret_{A43}
airtable                    pat{A14}.{h64}
figma                       figd_{B40}
contentful                  CFPAT-{B43}
typeform                    tfp_{A44}_{A14}
postman                     PMAK-{h24}-{h34}
readme                      rdme_{l70}
dropbox                     sl.{B138}
hubspot                     pat-na1-{uuid}
mapbox-secret               sk.eyJ1Ijoi{A60}.{B22}
prefect                     pnu_{A36}
openshift                   sha256~{B43}
docker-swarm                SWMTKN-1-{l50}-{l25}
age-secret                  AGE-SECRET-KEY-1{C58}
nostr                       nsec1{c58}
jetbrains                   perm:{A16}.{A12}.{A30}
deno                        ddp_{A36}
helicone                    sk-helicone-{v7}-{v7}-{v7}-{v7}
inngest                     signkey-prod-{h64}
rapidapi                    {h10}msh{h15}p1{h6}jsn{h12}
ory                         ory_at_{B43}
"""

_KEYED_SHAPES = """
AWS_SECRET_ACCESS_KEY       {b40}
aws_secret_access_key       {b40}
AWS_SESSION_TOKEN           IQoJb3JpZ2luX2Vj{b240}
AZURE_CLIENT_SECRET         {B34}
AccountKey                  {b86}==
CLOUDFLARE_API_TOKEN        {B40}
CLOUDFLARE_API_KEY          {h37}
COHERE_API_KEY              {A40}
MISTRAL_API_KEY             {A32}
DD_API_KEY                  {h32}
DD_APP_KEY                  {h40}
HEROKU_API_KEY              {uuid}
TWILIO_AUTH_TOKEN           {h32}
ALGOLIA_ADMIN_KEY           {h32}
CODECOV_TOKEN               {uuid}
LINODE_TOKEN                {h64}
VERCEL_TOKEN                {A24}
JENKINS_API_TOKEN           11{h32}
OKTA_API_TOKEN              00{B40}
ELASTIC_API_KEY             {A20}:{A22}
SPLUNK_HEC_TOKEN            {uuid}
WANDB_API_KEY               {h40}
POSTMARK_SERVER_TOKEN       {uuid}
ROLLBAR_ACCESS_TOKEN        {h32}
MAILJET_API_SECRET          {h32}
OPENWEATHER_API_KEY         {h32}
DJANGO_SECRET_KEY           {A50}
SECRET_KEY_BASE             {h128}
JWT_SECRET                  {b43}=
ENCRYPTION_KEY              {b43}=
SESSION_SECRET              {A32}
NEXTAUTH_SECRET             {b43}=
WEBHOOK_SECRET              {h40}
client_secret               {A40}
clientSecret                {B40}
api_key                     {A32}
apiKey                      {A32}
access_token                {A40}
refresh_token               {A40}
auth_token                  {A36}
private_token               {A20}
signing_key                 {h64}
consumer_secret             {A50}
SLACK_SIGNING_SECRET        {h32}
GITLAB_TOKEN                {A20}
"""


def _table(shapes: str) -> dict[str, str]:
    return dict(line.split() for line in shapes.strip().splitlines())


TOKENS: Mapping[str, Recipe] = {name: made(shape) for name, shape in _table(_SHAPES).items()}
KEYED: Mapping[str, str] = _table(_KEYED_SHAPES)
KEYED_TOKENS: Mapping[str, Recipe] = {name: made(shape) for name, shape in KEYED.items()}

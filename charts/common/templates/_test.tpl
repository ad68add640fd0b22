{{/* `helm test`: the service is ready, answers, and asks callers who they are. */}}
{{- define "common.testPod" -}}
{{- $global := .Values.common.global }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Chart.Name }}-test
  labels: {{- include "common.labels" (dict "root" . "component" "test") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  restartPolicy: Never
  {{- include "common.podBasics" . | trim | nindent 2 }}
  containers:
    - name: test
      image: {{ include "common.image" . | quote }}
      imagePullPolicy: {{ $global.image.pullPolicy }}
      args: [/etc/checkout/test/test.mjs]
      envFrom:
        - configMapRef:
            name: {{ .Chart.Name }}-test
      resources: {{- toYaml (include "common.settings" . | fromYaml).resources | nindent 8 }}
      securityContext: {{- include "common.containerSecurity" . | nindent 8 }}
      volumeMounts:
        - { name: test, mountPath: /etc/checkout/test, readOnly: true }
  volumes:
    - name: test
      configMap:
        name: {{ .Chart.Name }}-test
        items:
          - { key: test.mjs, path: test.mjs }
{{- end }}

{{/* The test and what it is told; also for other tools than Helm, so that there is one test. */}}
{{- define "common.testConfigMap" -}}
{{- $global := .Values.common.global }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Chart.Name }}-test
  labels: {{- include "common.labels" (dict "root" . "component" "test") | nindent 4 }}
data:
  SERVICE: {{ .Chart.Name }}
  GUARDED_PATH: {{ (include "common.service" . | fromYaml).guardedPath | default "" | quote }}
  AUTH: {{ $global.auth.mode | quote }}
  SANDBOX: {{ ternary "http://sandbox:8080" "" $global.sandbox.enabled | quote }}
  ISSUER: {{ include "common.sandboxIssues" . | eq "true" | ternary "sandbox" "other" }}
  test.mjs: |
    {{- include "common.testScript" . | trim | nindent 4 }}
{{- end }}

{{- define "common.testScript" -}}
const { SERVICE, GUARDED_PATH, AUTH, SANDBOX, ISSUER } = process.env;
const api = `http://${SERVICE}:8080`;
const operations = `http://${SERVICE}:9090`;
const patienceMs = 120_000;

await step('is ready', async () => expectStatus(await get(`${operations}/readyz`), 200));
await step('describes its API', async () => {
  const answer = await get(`${api}/openapi.json`);
  expectStatus(answer, 200);
  if (!String((await answer.json()).openapi).startsWith('3.')) throw new Error('that is no OpenAPI document');
});
if (AUTH === 'jwt' && GUARDED_PATH !== '') {
  await step('asks callers who they are', async () => expectStatus(await get(api + GUARDED_PATH), 401), 0);
}
if (SERVICE === 'order' && SANDBOX !== '' && (AUTH === 'off' || ISSUER === 'sandbox')) {
  let placed;
  const key = `helm-test-${Date.now()}`;
  await step('takes an order', async () => (placed = await place(key)));
  await step(`carries order ${placed.id} to COMPLETED`, async () => {
    const answer = await get(`${api}/v1/orders/${placed.id}`, await headers());
    expectStatus(answer, 200);
    const { status } = await answer.json();
    if (status !== 'COMPLETED') throw new Error(`it is ${status}`);
  });
}

async function place(key) {
  const answer = await fetch(`${api}/v1/orders`, {
    method: 'POST',
    headers: { ...(await headers()), 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({
      userId: 'helm-test',
      currency: 'EUR',
      items: [{ productId: 'sku-1', quantity: 1, unitPrice: 1999 }],
      paymentToken: 'tok_approve',
      shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
    }),
    signal: AbortSignal.timeout(10_000),
  });
  expectStatus(answer, 201);
  return answer.json();
}

async function headers() {
  if (AUTH === 'off') return {};
  const answer = await fetch(`${SANDBOX}/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ subject: 'helm-test', scopes: ['orders:read', 'orders:write', 'orders:place-for'] }),
    signal: AbortSignal.timeout(10_000),
  });
  expectStatus(answer, 201);
  return { authorization: `Bearer ${(await answer.json()).token}` };
}

function get(url, headers = {}) {
  return fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
}

function expectStatus({ status, url }, expected) {
  if (status !== expected) throw new Error(`${url} answered ${status}, not ${expected}`);
}

async function step(name, attempt, patience = patienceMs) {
  const giveUpAt = Date.now() + patience;
  for (;;) {
    try {
      await attempt();
      console.log(`ok: ${SERVICE} ${name}`);
      return;
    } catch (error) {
      if (Date.now() >= giveUpAt) {
        console.log(`FAILED: ${SERVICE} ${name}: ${error.message}`);
        process.exit(1);
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
{{- end }}

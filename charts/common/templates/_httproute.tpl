{{- define "common.httpRoute" -}}
{{- $edge := .Values.common.global.edge }}
{{- $paths := include "common.edgePaths" . | fromYamlArray }}
{{- if and $paths (eq $edge.mode "gateway") }}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
  {{- with $edge.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  parentRefs: {{- toYaml $edge.parentRefs | nindent 4 }}
  {{- with $edge.host }}
  hostnames: [{{ . | quote }}]
  {{- end }}
  rules:
    - matches:
        {{- range $paths }}
        - path: { type: {{ .exact | ternary "Exact" "PathPrefix" }}, value: {{ .path }} }
        {{- end }}
      # An order's events are a stream that lasts as long as its checkout; the services bound their other requests.
      timeouts:
        request: 0s
      backendRefs:
        - name: {{ .Chart.Name }}
          port: 8080
{{- end }}
{{- end }}

{{/* A bootstrap Job asks for names and reaches its server, nothing else. Arguments: root, component, peers, ports. */}}
{{- define "infrastructure.jobNetworkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .component }}-bootstrap
  labels: {{- include "infrastructure.labels" (dict "root" .root "component" .component "kind" "bootstrap") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "infrastructure.jobLabels" .component | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    - ports:
        - { protocol: UDP, port: 53 }
        - { protocol: TCP, port: 53 }
    {{- range .ports }}
    {{- include "common.rule" (dict "direction" "to" "peers" $.peers "port" .) | nindent 4 }}
    {{- end }}
{{- end }}

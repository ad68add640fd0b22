{{/* Of the standard alone: no annotation of a certain controller. All services share one host, and the controller joins them. */}}
{{- define "common.ingress" -}}
{{- $edge := .Values.common.global.edge }}
{{- $paths := include "common.edgePaths" . | fromYamlArray }}
{{- if and $paths (eq $edge.mode "ingress") }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
  {{- with $edge.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $edge.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $edge.tls.secretName }}
  tls:
    - hosts: [{{ $edge.host | quote }}]
      secretName: {{ . }}
  {{- end }}
  rules:
    - http:
        paths:
          {{- range $paths }}
          - path: {{ .path }}
            pathType: {{ .exact | ternary "Exact" "Prefix" }}
            backend:
              service:
                name: {{ $.Chart.Name }}
                port:
                  name: http
          {{- end }}
      {{- with $edge.host }}
      host: {{ . | quote }}
      {{- end }}
{{- end }}
{{- end }}

{{/* What of a service the outside may reach: never its operations port, and never its operators' routes. */}}
{{- define "common.edgePaths" -}}
{{- $paths := list }}
{{- range (include "common.service" . | fromYaml).edgePaths }}
{{- if or (not .docs) $.Values.common.global.edge.docs }}
{{- $paths = append $paths . }}
{{- end }}
{{- end }}
{{- toJson $paths }}
{{- end }}

{{- define "infrastructure.redis" -}}
{{- with .Values.redis -}}
kubernetesConfig:
  image: {{ .image }}
  imagePullPolicy: {{ $.Values.common.global.image.pullPolicy }}
  resources: {{- toYaml .resources | nindent 4 }}
  redisSecret:
    name: {{ .password.secret }}
    key: {{ .password.key }}
# A cache that is full forgets what was not asked for the longest.
redisConfig:
  maxMemoryPercentOfLimit: 70
  dynamicConfig: ["maxmemory-policy allkeys-lru"]
storage:
  volumeClaimTemplate:
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .storage.className }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ .storage.size }}
podSecurityContext:
  runAsNonRoot: true
  runAsUser: 1000
  fsGroup: 1000
  seccompProfile:
    type: RuntimeDefault
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
{{- end }}
{{- end }}

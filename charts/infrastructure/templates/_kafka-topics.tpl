{{/* Makes the topics that are missing on a broker that Strimzi does not run. */}}
{{- define "infrastructure.kafkaTopicsPod" -}}
{{- $kafka := .Values.common.global.kafka }}
{{- include "infrastructure.jobPod" (dict "root" . "component" "kafka" "user" 1000) }}
  containers:
    - name: topics
      image: {{ .Values.kafka.topics.image | quote }}
      imagePullPolicy: {{ .Values.common.global.image.pullPolicy }}
      command: [bash, -c]
      args:
        - |-
          set -euo pipefail
          topics() { /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$BROKERS" "$@"; }
          until known=$(topics --list); do echo 'waiting for the broker' && sleep 2; done
          for topic in $TOPICS; do
            if grep --quiet --line-regexp --fixed-strings "$topic" <<<"$known"; then continue; fi
            topics --create --if-not-exists --topic "$topic" --partitions "$PARTITIONS" \
              --replication-factor "$COPIES" --config min.insync.replicas="$COPIES_IN_SYNC" --config retention.ms="$RETENTION_MS"
          done
      env:
        - { name: BROKERS, value: {{ join "," $kafka.brokers | quote }} }
        - name: TOPICS
          value: >-
            {{- range (include "common.contracts" . | fromYaml).topics }}
            {{ $kafka.prefix }}{{ . }}
            {{- end }}
        - { name: PARTITIONS, value: {{ .Values.common.global.log.partitions | int | quote }} }
        - { name: COPIES, value: {{ include "infrastructure.copies" . | quote }} }
        - { name: COPIES_IN_SYNC, value: {{ include "infrastructure.copiesInSync" . | quote }} }
        - { name: RETENTION_MS, value: {{ mul (int64 .Values.kafka.retentionHours) 3600000 | quote }} }
        - { name: KAFKA_HEAP_OPTS, value: -Xmx128m }
        - { name: LOG_DIR, value: /tmp }
      resources:
        requests: { cpu: 50m, memory: 192Mi }
        limits: { memory: 256Mi }
      securityContext: {{- include "infrastructure.containerSecurity" . | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
{{- end }}

CREATE TABLE meta (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value VARCHAR(255) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
--> statement-breakpoint
CREATE TABLE log (
  place BIGINT NOT NULL PRIMARY KEY,
  stream_id BINARY(16) NOT NULL,
  version INT NOT NULL,
  type VARCHAR(64) NOT NULL,
  data LONGTEXT NOT NULL,
  emits LONGTEXT,
  timer VARCHAR(255),
  cause_id BINARY(16) NOT NULL,
  cause_index INT NOT NULL,
  correlation_id VARCHAR(255) NOT NULL,
  traceparent VARCHAR(255),
  recorded_at BIGINT NOT NULL,
  UNIQUE INDEX log_version (stream_id, version),
  UNIQUE INDEX log_cause (stream_id, cause_id, cause_index)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
--> statement-breakpoint
CREATE TABLE log_head (
  partition_no INT NOT NULL PRIMARY KEY,
  next_position BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
--> statement-breakpoint
CREATE TABLE idempotency_key (
  key_hash VARCHAR(64) NOT NULL PRIMARY KEY,
  command_hash VARCHAR(64) NOT NULL,
  stream_id BINARY(16) NOT NULL,
  created_at BIGINT NOT NULL,
  INDEX idempotency_key_age (created_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
--> statement-breakpoint
CREATE TABLE consumer_offset (
  consumer_group VARCHAR(64) NOT NULL,
  log_id VARCHAR(36) NOT NULL,
  partition_no INT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (consumer_group, log_id, partition_no)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
--> statement-breakpoint
CREATE TABLE log_cursor (
  consumer VARCHAR(64) NOT NULL,
  partition_no INT NOT NULL,
  position BIGINT NOT NULL,
  owner VARCHAR(64),
  lease_until BIGINT NOT NULL,
  PRIMARY KEY (consumer, partition_no)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
--> statement-breakpoint
CREATE TABLE dead_letter (
  seq BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  consumer_group VARCHAR(64) NOT NULL,
  order_id VARCHAR(36),
  topic VARCHAR(255) NOT NULL,
  message_id VARCHAR(255) NOT NULL,
  type VARCHAR(255) NOT NULL,
  message LONGTEXT NOT NULL,
  reason VARCHAR(64) NOT NULL,
  detail LONGTEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  parked_at BIGINT NOT NULL,
  UNIQUE INDEX dead_letter_message (consumer_group, message_id),
  INDEX dead_letter_order (consumer_group, order_id, seq)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;

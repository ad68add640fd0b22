CREATE TABLE sagas (
  id BINARY(16) NOT NULL PRIMARY KEY,
  version INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  view LONGTEXT NOT NULL,
  due_at BIGINT,
  timer_kind VARCHAR(64),
  timer_version INT,
  state VARCHAR(255),
  INDEX sagas_due (due_at, id),
  INDEX sagas_state (state, id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;

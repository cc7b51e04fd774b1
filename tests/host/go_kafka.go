// SPDX-License-Identifier: Apache-2.0
// go_kafka.go - a cgo program over librdkafka: producers without a broker, with their threads,
// queues and callbacks, created and destroyed
// host: package=librdkafka-dev time=60 slow
package main

/*
#cgo LDFLAGS: -lrdkafka
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

static int delivered;
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	(void)rk; (void)m; (void)arg;
	delivered++;
}

static int produce(int n)
{
	char err[200];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:1", err, sizeof(err));
	rd_kafka_conf_set(conf, "log_level", "0", err, sizeof(err));
	rd_kafka_conf_set(conf, "message.timeout.ms", "200", err, sizeof(err));
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, err, sizeof(err));
	if (!rk) {
		return -1;
	}
	rd_kafka_topic_t *t = rd_kafka_topic_new(rk, "t", NULL);
	for (int i = 0; i < n; i++) {
		char payload[100];
		memset(payload, 'p', sizeof(payload));
		rd_kafka_produce(t, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload,
				 sizeof(payload), NULL, 0, NULL);
	}
	rd_kafka_flush(rk, 3000);
	rd_kafka_topic_destroy(t);
	rd_kafka_destroy(rk);
	return delivered;
}
*/
import "C"

import "fmt"

func main() {
	for i := 0; i < 2; i++ {
		fmt.Println(C.produce(1000))
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kfake"
)

// maxMessageBytes is what the published agents ask the topics to allow.
const maxMessageBytes = "4194304"

// Broker is a Kafka broker in this process, on loopback.
type Broker struct {
	cluster *kfake.Cluster
}

// NewBroker starts a broker that has the topics, each with so many partitions,
// and makes no other. Close it after use.
func NewBroker(partitions int32, topics ...string) (*Broker, error) {
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.SeedTopics(partitions, topics...),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": maxMessageBytes}),
	)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	return &Broker{cluster: cluster}, nil
}

// Addr is where the broker listens, host:port.
func (b *Broker) Addr() string {
	return b.cluster.ListenAddrs()[0]
}

// Close stops the broker and all its connections.
func (b *Broker) Close() {
	b.cluster.Close()
}

// Assignment returns the partition numbers that each member of a consumer group
// reads, by its instance id, or its member id if it has none. It is nil while the
// group hands out its partitions anew.
func (b *Broker) Assignment(group string) map[string][]int32 {
	info := b.cluster.GroupInfo(group)
	if info == nil || info.State != "Stable" {
		return nil
	}
	assignment := map[string][]int32{}
	for _, member := range info.Members {
		name := member.MemberID
		if member.InstanceID != nil {
			name = *member.InstanceID
		}
		for _, partitions := range member.Assignment {
			assignment[name] = append(assignment[name], partitions...)
		}
		slices.Sort(assignment[name])
	}
	return assignment
}

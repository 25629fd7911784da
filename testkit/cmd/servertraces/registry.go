// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/testkit/servers"
)

// registryVisits are enough for each of its images to be pushed.
const registryVisits = 72

func registry() server {
	return server{
		name:    "registry",
		program: servers.Registry,
		arguments: func(address, folder string) (args, env []string, err error) {
			args, err = servers.RegistryArguments(address, folder)
			return args, nil, err
		},
		isAccess: func(line string) bool { return strings.Contains(line, `HTTP/1.1" `) },
		visit:    func(v *servers.Visitor) error { return servers.VisitRegistry(v, registryVisits) },
	}
}

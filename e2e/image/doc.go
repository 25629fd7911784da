// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package image tests the container image from outside. E2E_IMAGE names the
// image, which a Docker engine on this machine has; `make image-test` builds it
// and sets the name.
package image

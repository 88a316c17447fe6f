#!/usr/bin/env bash
# Pins the images that Rollcall is built on and runs beside: a tag may be moved, a digest cannot (docs/how-to/deploy.md).
#   deploy/pin-images.sh [FILE]
# Asks the registry which digest each tag has now, and writes `NAME=image:tag@sha256:…` into FILE (default: .env), where
# compose and `make image` look; other lines stay. Variable: IMAGES, the command to ask (docker buildx imagetools).
set -euo pipefail
cd "$(dirname "$0")/.."

file=${1:-.env}
read -ra images <<<"${IMAGES:-docker buildx imagetools}"

# As the Dockerfile and docker-compose.yml have them; a test compares.
pins=()
for each in PYTHON_IMAGE=python:3.12-slim KAFKA_IMAGE=apache/kafka:4.3.1; do
  tag=${each#*=}
  digest=$("${images[@]}" inspect "$tag" --format '{{.Manifest.Digest}}')
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || {
    echo "$tag: the registry tells no digest; nothing was written" >&2
    exit 1
  }
  pins+=("$each@$digest")
done

touch "$file"
kept=$(grep -v '^\(PYTHON\|KAFKA\)_IMAGE=' "$file" || true)
{ [ -z "$kept" ] || printf '%s\n' "$kept"; printf '%s\n' "${pins[@]}"; } >"$file.new"
mv "$file.new" "$file"
printf '%s\n' "${pins[@]}"

"""OTLP that lies in files: single requests, lines of JSON, and what the OpenTelemetry Collector's file exporter writes."""

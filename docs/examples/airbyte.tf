# Both connections with Airbyte's Terraform provider:
#   Phenom -> PostgreSQL every hour, and applications from a warehouse table -> Phenom.
# Build the images with the Dockerfile, and push them to a registry that Airbyte can reach.

terraform {
  required_version = ">= 1.5"
  required_providers {
    airbyte = {
      source  = "airbytehq/airbyte"
      version = "~> 1.1"
    }
  }
}

provider "airbyte" {
  server_url    = var.airbyte_url
  client_id     = var.airbyte_client_id
  client_secret = var.airbyte_client_secret
}

variable "airbyte_url" {
  type        = string
  description = "The API of the platform, e.g. https://airbyte.example.com/api/public/v1."
}

variable "airbyte_client_id" {
  type      = string
  sensitive = true
}

variable "airbyte_client_secret" {
  type      = string
  sensitive = true
}

variable "workspace_id" {
  type = string
}

variable "image_repository" {
  type        = string
  description = "The repository of the images, without their names."
  default     = "registry.example.com/phenom-airbyte"
}

variable "image_tag" {
  type    = string
  default = "0.1.0"
}

variable "phenom_token_url" {
  type        = string
  description = "The login URL that Phenom gives with the credentials."
}

variable "phenom_client_id" {
  type      = string
  sensitive = true
}

variable "phenom_client_secret" {
  type      = string
  sensitive = true
}

variable "warehouse" {
  type = object({
    host     = string
    port     = number
    database = string
    username = string
  })
}

variable "warehouse_password" {
  type      = string
  sensitive = true
}

locals {
  # The same for both directions, so that a record can name a job by its unified id.
  phenom = {
    client_id      = var.phenom_client_id
    client_secret  = var.phenom_client_secret
    token_url      = var.phenom_token_url
    integration_id = "phenom"
  }

  streams = [
    "users",
    "jobs",
    "candidates",
    "applications",
    "roles",
    "job_user_role_assignments",
    "job_hiring_team_members",
  ]
}

resource "airbyte_source_definition" "phenom" {
  name              = "Phenom"
  workspace_id      = var.workspace_id
  docker_repository = "${var.image_repository}/source-phenom"
  docker_image_tag  = var.image_tag
}

resource "airbyte_destination_definition" "phenom" {
  name              = "Phenom"
  workspace_id      = var.workspace_id
  docker_repository = "${var.image_repository}/destination-phenom"
  docker_image_tag  = var.image_tag
}

# Phenom -> warehouse

resource "airbyte_source" "phenom" {
  name          = "Phenom"
  workspace_id  = var.workspace_id
  definition_id = airbyte_source_definition.phenom.id
  configuration = jsonencode(merge(local.phenom, {
    site_types          = ["external", "internal"]
    include_closed_jobs = true
    num_workers         = 10
  }))

  resource_allocation = {
    job_specific = [
      {
        job_type = "sync"
        resource_requirements = {
          cpu_request               = "0.5"
          cpu_limit                 = "1"
          memory_request            = "512Mi"
          memory_limit              = "1Gi"
          ephemeral_storage_request = "4Gi"
          ephemeral_storage_limit   = "4Gi"
        }
      }
    ]
  }
}

data "airbyte_connector_configuration" "warehouse" {
  connector_name = "destination-postgres"
  configuration = {
    host     = var.warehouse.host
    port     = var.warehouse.port
    database = var.warehouse.database
    username = var.warehouse.username
    schema   = "phenom"
  }
  configuration_secrets = {
    password = var.warehouse_password
  }
}

resource "airbyte_destination" "warehouse" {
  name          = "Warehouse"
  workspace_id  = var.workspace_id
  definition_id = data.airbyte_connector_configuration.warehouse.definition_id
  configuration = data.airbyte_connector_configuration.warehouse.configuration_json
}

resource "airbyte_connection" "phenom_to_warehouse" {
  name                                 = "Phenom to warehouse"
  source_id                            = airbyte_source.phenom.source_id
  destination_id                       = airbyte_destination.warehouse.destination_id
  namespace_definition                 = "destination"
  non_breaking_schema_updates_behavior = "propagate_columns"

  # The source sets primary key and cursor.
  configurations = {
    streams = [
      for stream in local.streams : {
        name      = stream
        sync_mode = "incremental_deduped_history"
      }
    ]
  }

  # Seconds come first; Airbyte's API needs the time zone at the end.
  schedule = {
    schedule_type   = "cron"
    cron_expression = "0 5 * * * ? UTC"
  }
}

# Warehouse -> Phenom

data "airbyte_connector_configuration" "outbox" {
  connector_name = "source-postgres"
  configuration = {
    host     = var.warehouse.host
    port     = var.warehouse.port
    database = var.warehouse.database
    username = var.warehouse.username
    schemas  = ["outbox"]
    ssl_mode = { mode = "require" }
    replication_method = {
      method = "Standard"
    }
  }
  configuration_secrets = {
    password = var.warehouse_password
  }
}

resource "airbyte_source" "outbox" {
  name          = "Warehouse outbox"
  workspace_id  = var.workspace_id
  definition_id = data.airbyte_connector_configuration.outbox.definition_id
  configuration = data.airbyte_connector_configuration.outbox.configuration_json
}

resource "airbyte_destination" "phenom" {
  name          = "Phenom"
  workspace_id  = var.workspace_id
  definition_id = airbyte_destination_definition.phenom.id
  configuration = jsonencode(merge(local.phenom, {
    default_source     = "Warehouse"
    on_rejected_record = "fail"
  }))
}

resource "airbyte_connection" "outbox_to_phenom" {
  name           = "Outbox to Phenom"
  source_id      = airbyte_source.outbox.source_id
  destination_id = airbyte_destination.phenom.destination_id

  # Columns are named as in destination_phenom/RECORDS.md: candidate_first_name, ...
  configurations = {
    streams = [
      {
        name                    = "applications"
        namespace               = "outbox"
        destination_object_name = "create_application"
        sync_mode               = "incremental_append"
        cursor_field            = ["created_at"]
      }
    ]
  }

  schedule = {
    schedule_type   = "cron"
    cron_expression = "0 */15 * * * ? UTC"
  }
}

"""Films by ffmpeg: probing, preparing, and the guards round both."""

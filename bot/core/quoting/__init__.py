"""From a picture to the quotes we would like to show. Pure; one file per strategy."""

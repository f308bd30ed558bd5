#pragma once

#define SSL_R_HTTP_REQUEST 156

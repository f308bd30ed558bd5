;;; -*- lexical-binding: t -*-  Emacs' websocket.el.
(require 'websocket)

(defun told (name)
  (getenv (concat "WS_" name)))

(defun say (line &optional bytes)
  "Says LINE, and BYTES behind it, as they are."
  (send-string-to-terminal (concat (encode-coding-string line 'utf-8) "\n" bytes)))

(defvar to-come (+ (string-to-number (or (told "RECEIVE") "-1")) (if (told "PING") 1 0)))
(defvar ended nil)
(defvar kind "text" "What the message is of which a frame has come.")
(defvar parts "" "What has come of it.")

(defun heard (socket line &optional bytes)
  (say line bytes)
  (when (= (setq to-come (1- to-come)) 0)
    (websocket-close socket)))

(defun on-message (socket frame)
  (unless (eq (websocket-frame-opcode frame) 'continuation)
    (setq kind (symbol-name (websocket-frame-opcode frame)) parts ""))
  (setq parts (concat parts (websocket-frame-payload frame)))
  (when (websocket-frame-completep frame)
    (heard socket (format "%s %d" kind (length parts)) parts)))

(defun contents (file)
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (insert-file-contents-literally file)
    (buffer-string)))

(defun send-file (socket file)
  "Sends it, as many frames if that is wanted."
  (let* ((data (contents file))
         (size (string-to-number (or (told "FRAGMENT") (number-to-string (1+ (length data))))))
         (opcode (if (string-suffix-p ".txt" file) 'text 'binary)))
    (while (progn
             (let ((last (<= (length data) size)))
               (websocket-send socket (make-websocket-frame :opcode opcode :completep last
                                                            :payload (if last data (substring data 0 size))))
               (setq opcode 'continuation)
               (unless last (setq data (substring data size))))))))

(defun on-open (socket)
  (say (concat "open " (car (websocket-negotiated-protocols socket))))
  (when (told "PING")
    (websocket-send socket (make-websocket-frame :opcode 'ping :payload (told "PING") :completep t)))
  (dolist (file (split-string (or (told "SEND") "")))
    (send-file socket file)))

(defun headers ()
  (append (mapcar (lambda (line) (string-match ": " line)
                    (cons (substring line 0 (match-beginning 0)) (substring line (match-end 0))))
                  (split-string (or (told "HEADERS") "") "\n" t))
          (when (told "ORIGIN") (list (cons "Origin" (told "ORIGIN"))))))

(require 'gnutls)
(when (told "CA") (setq gnutls-trustfiles (list (told "CA"))))
(setq gnutls-verify-error t
      network-security-level 'low ; in a batch there is nobody to ask: GnuTLS decides
      read-process-output-max (* 1024 1024))
(condition-case problem
    (websocket-open (car command-line-args-left)
                    :protocols (split-string (or (told "PROTOCOLS") "") "," t)
                    :custom-header-alist (headers)
                    :on-open #'on-open :on-message #'on-message
                    :on-close (lambda (_) (setq ended t))
                    :on-error (lambda (_ _type problem) (say (concat "failed " (websocket-format-error problem)))))
  (error (say (concat "failed " (error-message-string problem)))
         (setq ended t)))
(while (not ended)
  (with-demoted-errors "%S" (accept-process-output nil 1))) ; as Emacs does by itself when it is not in a batch
(say "closed - - ")
